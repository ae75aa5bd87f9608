"""The sockets on which this process listens."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

import psutil


def send_at_once() -> None:
    """Has them send what is written without waiting, and on Linux what is accepted from them as well. Otherwise a
    second answer waits for the browser to confirm the first, which it does after 40 ms (RFC 896).
    """
    for connection in psutil.Process().net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.fd >= 0:
            with suppress(OSError), socket.socket(fileno=os.dup(connection.fd)) as listening:
                listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
