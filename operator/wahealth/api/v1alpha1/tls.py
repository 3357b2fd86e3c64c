"""Which servers the operator trusts, and the certificate that it presents: `.spec.tls`."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from wahealth.api.schema import DNS_NAME, EntryName, Model, ObjectName, rule, rules

ServerName = Annotated[str, Field(min_length=1, max_length=253, pattern=DNS_NAME)]
Fingerprint = Annotated[str, Field(max_length=95, pattern=r"^[0-9A-Fa-f]{2}(:?[0-9A-Fa-f]{2}){31}$")]


class CaRef(Model):
    """An entry of a Secret or ConfigMap in the resource's own namespace, with PEM certificates to trust."""

    kind: Literal["Secret", "ConfigMap"] = Field(
        "Secret", description="Kind of the object that holds the certificates."
    )
    name: ObjectName = Field(
        description="Name of the Secret or ConfigMap, in the resource's own namespace.", examples=["waweb-ca"]
    )
    key: EntryName = Field("ca.crt", description="Entry that holds the certificates (PEM).")


class ClientCertificateRef(Model):
    """A Secret of type kubernetes.io/tls in the resource's own namespace: its entries tls.crt and tls.key."""

    name: ObjectName = Field(
        description="Name of the Secret, in the resource's own namespace.", examples=["web-client-certificate"]
    )


class Tls(Model):
    """How waweb's certificate is verified, before the API key is sent.

    waweb's own certificate is self-signed and names WA_WEB_SERVERNAME, never a pod's address. So set both `caRef` and
    `serverName`, or pin the certificate.
    """

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "(has(self.verification) && self.verification == 'Pinned') == has(self.pinnedSHA256)",
                "verification Pinned and pinnedSHA256 belong together: set both or neither",
                fieldPath=".pinnedSHA256",
            ),
            rule(
                "!has(self.caRef) || !has(self.verification) || self.verification in ['Full', 'SkipHostname']",
                "caRef applies only with verification Full or SkipHostname: remove it or change the verification",
                fieldPath=".caRef",
            ),
        )
    )

    verification: Literal["Full", "SkipHostname", "Pinned", "None"] = Field(
        "Full",
        description="Full: the certificate must chain to the CA and carry the name. SkipHostname: it must chain to the "
        "CA. Pinned: it must be one of pinnedSHA256. None: the API key is sent to any server that answers.",
    )
    ca_ref: CaRef | None = Field(None, description="The CA to trust; absent: the public CAs.")
    server_name: ServerName | None = Field(
        None,
        description="The name that the certificate must carry; sent as SNI and as Host. Absent: the pod's address.",
        examples=["whatsapp-web"],
    )
    client_certificate_ref: ClientCertificateRef | None = Field(
        None, description="The certificate to present to waweb, or to a proxy in front of it, if one is required."
    )
    pinned_sha256: list[Fingerprint] | None = Field(
        None,
        alias="pinnedSHA256",
        min_length=1,
        max_length=8,
        json_schema_extra={"x-kubernetes-list-type": "set"},
        examples=[["9F:86:D0:81:88:4C:7D:65:9A:2F:EA:A0:C5:5A:D0:15:A3:BF:4F:1B:2B:0B:82:2C:D1:5D:6C:15:B0:F0:0A:08"]],
        description="SHA-256 fingerprints of certificates, 64 hexadecimal digits each, with or without colons; name "
        "two while one certificate replaces another.",
    )

    @model_validator(mode="after")
    def pinned_with_pins(self) -> Self:
        if (self.verification == "Pinned") is not bool(self.pinned_sha256):
            raise ValueError
        return self
