"""A server that wants a client certificate, and who asks it."""

from __future__ import annotations

import asyncio
import ssl

from support.scripted import GOOD, Script, answer, server_context
from wahealth.playground.pki import Authority

AUTHORITY, OTHER = Authority.new("clients"), Authority.new("others")


def wanting(version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3, *trusted: bytes) -> ssl.SSLContext:
    """Of a server that wants a certificate of AUTHORITY, or one of these."""
    context = server_context()
    context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    for pem in (AUTHORITY.pem, *trusted):
        context.load_verify_locations(cadata=pem.decode())
    return context


def naming(seen: list[str]) -> Script:
    """Answers each question, and notes who asks by the name in its certificate."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            (((_, name),),) = writer.get_extra_info("peercert")["subject"]
            seen.append(name)
            writer.write(answer(GOOD))
            await writer.drain()

    return script
