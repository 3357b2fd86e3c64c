"""What the question is signed in with."""

from __future__ import annotations

import argparse
import os

from wahealth.check.flags import KEY_VARIABLE
from wahealth.check.unusable import NOT_THERE, USAGE, Unusable, read
from wahealth.core.signin.kinds import Kind
from wahealth.core.signin.talk import Reading
from wahealth.probe.credential import Credential
from wahealth.probe.reading import reading_of


async def reading(arguments: argparse.Namespace) -> Reading[Credential]:
    """Raises `Unusable`."""
    return reading_of(Kind.API_KEY, [await _key(arguments)])


async def _key(arguments: argparse.Namespace) -> bytes:
    if arguments.key_file is not None:
        return read(arguments.key_file)
    if arguments.key_from is not None:
        return await _key_from_cluster(arguments.key_from, arguments.namespace)
    if KEY_VARIABLE not in os.environ:
        raise Unusable(f"name the API key with --key-file or --key-from, or set ${KEY_VARIABLE}")
    return os.environb[KEY_VARIABLE.encode()]


async def _key_from_cluster(reference: str, namespace: str | None) -> bytes:
    from wahealth.kube.desk import NoSuchKey, key_from

    try:
        return await key_from(reference, namespace)
    except NoSuchKey as error:
        raise Unusable(str(error), USAGE if str(error).startswith("--key-from") else NOT_THERE) from None
