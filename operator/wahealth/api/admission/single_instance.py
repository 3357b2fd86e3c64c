"""The ban guard: policies that keep the coreapp of a single client single.

Two live instances of one phone number get it banned by WhatsApp. The workload carries a mark, the label
`wahealth.io/single-instance: "true"`, and its pods carry it, too: `kubectl scale` and every autoscaler write a Scale,
which has none of the workload's labels. But the API server makes the Scale that is validated out of the workload, so
`status.selector` is always there, whatever was sent (seen in 1.34 and 1.37). A workload whose selector cannot be
changed any more is named instead.

One policy refuses: more than one replica, except fewer than before, and a Deployment that may surge. The other one
warns of what is only half guarded. Neither keeps a workload from being deleted.
"""

from __future__ import annotations

from typing import Any

from wahealth.api.admission.objects import policy_with_binding
from wahealth.api.labels import MARKED, SINGLE_INSTANCE
from wahealth.api.v1alpha1 import GROUP

REFUSING = f"single-instance.{GROUP}"
WARNING = f"single-instance-advice.{GROUP}"
NOBODY = "[]"
_WORKLOADS = ("deployments", "statefulsets", "replicasets")
_BANNED = "because two live instances of one phone number get it banned by WhatsApp"

# CEL. `object` is a workload or a Scale, so its type is left open.
_SCALES = "has(request.subResource) && request.subResource == 'scale'"
_NAMED = "request.namespace + '/' + object.metadata.?name.orValue('') in variables.named"
_LABELS = (
    "[?dyn(object).metadata.?labels, ?dyn(object).spec.?template.?metadata.?labels]"
    f".exists(labels, labels[?'{SINGLE_INSTANCE}'].orValue('') == '{MARKED}')"
)
_TERMS = [f"{SINGLE_INSTANCE}={MARKED}", f"{SINGLE_INSTANCE} in ({MARKED})", SINGLE_INSTANCE]  # the last one: Exists
_SELECTS = f"dyn(object).status.?selector.orValue('').split(',').exists(term, term in {_TERMS})"
_IN_SELECTOR = (
    f"object.spec.selector.?matchLabels[?'{SINGLE_INSTANCE}'].hasValue()"
    f" || object.spec.selector.?matchExpressions.orValue([]).exists(term, term.key == '{SINGLE_INSTANCE}')"
)
_REPLICAS = "dyn({object}).spec.?replicas.orValue(variables.scales ? 0 : 1)"
_RECREATES = "dyn(object).spec.?strategy.?type.orValue('') == 'Recreate'"
_NO_SURGE = "string(dyn(object).spec.?strategy.?rollingUpdate.?maxSurge.orValue('25%')).matches('^0+%?$')"
_OF_DEPLOYMENT = "request.resource.resource == 'deployments'"
_NOT_ENDING = {"name": "is-not-being-deleted", "expression": "!has(object.metadata.deletionTimestamp)"}


def policies(named: str = NOBODY) -> list[dict[str, Any]]:
    """Both policies with their bindings. `named`: a list in CEL of workloads that are guarded without the label,
    each as `'namespace/name'`; whoever installs it may write another one."""
    return [*_refusing(named), *_warning(named)]


def _refusing(named: str) -> list[dict[str, Any]]:
    """A request that cannot be evaluated is refused (`failurePolicy: Fail`); nobody is asked to evaluate one."""
    variables = {
        "named": named,
        "scales": _SCALES,
        "guarded": f"{_NAMED} || (variables.scales ? {_SELECTS} : {_LABELS})",
        "replicas": _REPLICAS.format(object="object"),
        "isFewer": f"request.operation == 'UPDATE' && variables.replicas < {_REPLICAS.format(object='oldObject')}",
        "surges": f"{_OF_DEPLOYMENT} && !variables.scales && !({_RECREATES}) && !{_NO_SURGE}",
    }
    rules = {
        "!variables.guarded || variables.replicas <= 1 || variables.isFewer": (
            f"this is a single instance and must have at most one replica, {_BANNED}: set replicas to 1 or 0, and let"
            " no autoscaler scale it"
        ),
        "!variables.guarded || !variables.surges": (
            "this is a single instance, and its rollouts must not start a pod beside the one that runs, "
            f"{_BANNED}: set spec.strategy to {{type: Recreate}}"
        ),
    }
    resources = [*_WORKLOADS, *(f"{name}/scale" for name in _WORKLOADS)]
    return policy_with_binding(REFUSING, _spec("Fail", resources, variables, rules, reason="Forbidden"), "Deny")


def _warning(named: str) -> list[dict[str, Any]]:
    variables = {
        "named": named,
        "isNamed": _NAMED,
        "marked": _LABELS,
        "inSelector": _IN_SELECTOR,
        "overlaps": f"{_OF_DEPLOYMENT} && !({_RECREATES}) && {_NO_SURGE}",
    }
    rules = {
        "!variables.marked || variables.isNamed || variables.inSelector": (
            f"label {SINGLE_INSTANCE} is not in spec.selector, so kubectl scale and autoscalers are not refused, for"
            " they show no other label: create the workload again with the label in spec.selector and in its pods, or"
            " name the workload in the policy"
        ),
        "!(variables.marked || variables.isNamed) || !variables.overlaps": (
            "a rollout of this single instance starts a pod while the one before may still be ending, which can get the"
            " number banned: set spec.strategy to {type: Recreate}"
        ),
    }
    return policy_with_binding(WARNING, _spec("Ignore", _WORKLOADS, variables, rules), "Warn")


def _spec(
    on_failure: str, resources: Any, variables: dict[str, str], rules: dict[str, str], **more: str
) -> dict[str, Any]:
    """`rules`: an expression, and the message where it is false."""
    rule = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"]}
    return {
        "failurePolicy": on_failure,
        "matchConstraints": {"resourceRules": [{**rule, "resources": list(resources)}]},
        "matchConditions": [dict(_NOT_ENDING)],
        "variables": [{"name": name, "expression": cel} for name, cel in variables.items()],
        "validations": [{"expression": cel, "message": message, **more} for cel, message in rules.items()],
    }
