"""How the operator signs in: `.spec.auth`."""

from __future__ import annotations

from typing import Self

from pydantic import ConfigDict, Field, model_validator

from wahealth.api.schema import EntryName, Model, ObjectName, rule, rules


class SecretKeyRef(Model):
    """An entry of a Secret in the resource's own namespace."""

    name: ObjectName = Field(
        description="Name of the Secret, in the resource's own namespace.", examples=["web-api-key"]
    )
    key: EntryName = Field("WA_API_KEY", description="Entry of the Secret that holds the API key.")


class ApiKey(Model):
    """The API key of the health node (WA_API_KEY of waweb): 12 to 128 printable ASCII characters."""

    secret_key_ref: SecretKeyRef


class TokenRef(Model):
    """An entry of a Secret in the resource's own namespace."""

    name: ObjectName = Field(description="Name of the Secret, in the resource's own namespace.", examples=["web-token"])
    key: EntryName = Field(
        description="Entry of the Secret that holds the token, without the word Bearer.", examples=["token"]
    )


class AppSecretRef(Model):
    """An entry of a Secret in the resource's own namespace."""

    name: ObjectName = Field(
        description="Name of the Secret, in the resource's own namespace.", examples=["number-token"]
    )
    key: EntryName = Field(description="Entry of the Secret that holds the app secret.", examples=["app-secret"])


class BearerToken(Model):
    """A token that somebody else renews; one of waweb lives 7 days. The operator learns its expiry and warns in
    time."""

    secret_key_ref: TokenRef
    app_secret_key_ref: AppSecretRef | None = Field(
        None,
        description="Secret of the app that issued the token, if the app requires appsecret_proof; for target.cloud "
        "alone. It is never sent.",
    )


class LoginRef(Model):
    """Two entries of a Secret in the resource's own namespace."""

    name: ObjectName = Field(description="Name of the Secret, in the resource's own namespace.", examples=["web-user"])
    username_key: EntryName = Field("username", description="Entry of the Secret that holds the user name.")
    password_key: EntryName = Field("password", description="Entry of the Secret that holds the password.")


class UserCredentials(Model):
    """A user of waweb: the operator logs in and renews the token itself."""

    secret_ref: LoginRef


class Auth(Model):
    """How the operator signs in at the health node: exactly one of apiKey, bearerToken and userCredentials."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "[has(self.apiKey), has(self.bearerToken), has(self.userCredentials)].filter(one, one).size() == 1",
                "name exactly one of apiKey, bearerToken and userCredentials",
            )
        )
    )

    api_key: ApiKey | None = None
    bearer_token: BearerToken | None = None
    user_credentials: UserCredentials | None = None

    @model_validator(mode="after")
    def exactly_one(self) -> Self:
        if sum(one is not None for one in (self.api_key, self.bearer_token, self.user_credentials)) != 1:
            raise ValueError
        return self
