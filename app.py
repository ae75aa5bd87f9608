"""The home page, as a script, and the server that shows it, as an app: `streamlit run app.py` finds both."""

import streamlit as st

if __name__ == "__main__":
    from explorer.ui.frame import frame, site
    from explorer.ui.pages import home

    frame.show(site.HOME, home.show)
else:
    from explorer.ui import server

    app = st.App("app.py", routes=server.routes(), lifespan=server.lifespan)
