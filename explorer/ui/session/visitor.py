"""Who is looking: a name for a browser, which is what a fair queue needs and no more."""

from __future__ import annotations

import hashlib
import secrets
from itertools import cycle

import streamlit as st

_COOKIE = "_streamlit_xsrf"
"""What Streamlit gives every browser against forged requests."""
_NAME = "owner"


def owner() -> str:
    """A name for this browser, the same in all its tabs; for this session where it keeps no cookies."""
    if _NAME not in st.session_state:
        token = _token(str(st.context.cookies.get(_COOKIE, ""))) or secrets.token_bytes()
        st.session_state[_NAME] = "browser-" + hashlib.sha256(token).hexdigest()[:8]
    name: str = st.session_state[_NAME]
    return name


def _token(cookie: str) -> bytes:
    """The random token in `2|mask|masked token|time`, which is masked anew with every answer; empty for any
    other text.
    """
    try:
        _, mask, masked, _ = cookie.strip("\"'").split("|")
        return bytes(
            byte ^ other for byte, other in zip(bytes.fromhex(masked), cycle(bytes.fromhex(mask)), strict=False)
        )
    except ValueError:
        return b""
