"""The pages of the app: what each is called, and what of it stands in a link."""

from __future__ import annotations

from explorer.ui.state import Page, text

HOME = Page("app.py", "Home", ":material/home:")

LAB = Page("pages/lab.py", "Block lab", ":material/science:", slot="module")

NETWORK = Page("pages/network.py", "Network", ":material/account_tree:", slot="network")

COST = Page("pages/cost.py", "Cost math", ":material/calculate:")

FIELD = Page("pages/field.py", "Receptive field", ":material/center_focus_strong:", slot="network")

COMPARE = Page("pages/compare.py", "Compare", ":material/compare_arrows:")

TRAINING = Page("pages/training.py", "Training", ":material/model_training:", slot="network")

CLAIM = text("claim")
CLAIMS = Page("pages/claims.py", "Claims", ":material/fact_check:", keys=(CLAIM,))

PAGES = (HOME, LAB, NETWORK, COST, FIELD, COMPARE, TRAINING, CLAIMS)
