"""Simulated clients from files, without a Kubernetes: for tests of users too."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, Field, ValidationError

from wahealth.playground.simulator.client import Member
from wahealth.playground.simulator.fleet import Fleet, now
from wahealth.playground.simulator.settings import ClientSettings

NAMESPACE = "default"
Model = TypeVar("Model", bound=BaseModel)


class NotAClient(ValueError):
    """What is wrong with the file, in one sentence."""


class ClientFile(ClientSettings):
    """`{name: support, shards: 1, api_key: …, coreapps: 2, masters: 2}`; `addresses` has one web pod each."""

    name: str
    api_key: str = Field(repr=False)
    coreapps: int = Field(1, ge=0)
    masters: int = Field(0, ge=0)
    addresses: list[str] = Field(default=["127.0.0.1"], min_length=1)


def add(fleet: Fleet, path: Path) -> None:
    file = read_model(path, ClientFile)
    settings = ClientSettings(**file.model_dump(include=set(ClientSettings.model_fields), exclude_unset=True))
    for address in file.addresses:
        name = f"{file.name}-web-{address}"
        fleet.join(NAMESPACE, file.name, Member(f"{path}:{name}", name, address, "web", now()), settings)
        fleet.web[address].key = file.api_key.encode()
    for role, count in (("coreapp", file.coreapps), ("master", file.masters)):
        for number in range(count):
            name = f"{file.name}-{role}-{number}"
            node = Member(f"{path}:{name}", name, f"10.0.0.{number + 1}", role, now())  # type: ignore[arg-type]
            fleet.join(NAMESPACE, file.name, node)


def read_model(path: Path, model: type[Model]) -> Model:
    """A model from YAML, an empty file as one that names nothing. Raises `NotAClient`."""
    try:
        document = yaml.safe_load(path.read_text())
        return model.model_validate({} if document is None else document)
    except OSError as error:
        raise NotAClient(f"{path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise NotAClient(f"{path} is not YAML") from None
    except ValidationError as error:
        problem = error.errors(include_input=False)[0]
        where = "".join(f"{part}." for part in problem["loc"]).rstrip(".")
        raise NotAClient(f"{path}: {where}{': ' if where else ''}{problem['msg']}") from None
