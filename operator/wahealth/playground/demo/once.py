"""`wahealth demo --once`: all verdicts, a failover and a change of a key, without a terminal; then it ends."""

from __future__ import annotations

from wahealth.playground.demo.cast import VERDICTS
from wahealth.playground.demo.look import event_line
from wahealth.playground.demo.steps import ROTATED
from wahealth.playground.environment import Environment, NeverCame, Say, until
from wahealth.playground.manifests import Document


def once(environment: Environment, say: Say) -> int:
    """Shows all verdicts, a failover and a change of a key. Returns 0, or 1 if a verdict did not come."""
    try:
        say("waiting for the eight verdicts")
        until(lambda: not missing(environment), "eight verdicts", 90)
        show(environment, "Six clients, two phone numbers, eight verdicts")
        fail_over(environment, say)
        show(environment, "After the failover of acme/support")
        rotate(environment, say)
        show(environment, "After the new API key of acme/marketing")
    except NeverCame as error:
        say(f"{error}\n" + "\n".join(missing(environment)))
        return 1
    return 0


def missing(environment: Environment) -> list[str]:
    """One line for each client that does not have the verdict it demonstrates."""
    lines = []
    for (namespace, name), wanted in VERDICTS.items():
        seen = ready_reason(environment.client(namespace, name))
        if seen != wanted:
            lines.append(f"{namespace}/{name}: Ready says {seen}, not {wanted}")
    return lines


def ready_reason(client: Document) -> str:
    return next((str(c["reason"]) for c in client["status"]["conditions"] if c["type"] == "Ready"), "nothing")


def fail_over(environment: Environment, say: Say) -> None:
    (active,) = connected(environment)
    say(f"deleting the active coreapp {active}")
    environment.plane.kubectl("delete", "pod", active, "-n", "acme", "--wait=false")
    until(lambda: connected(environment) not in ([], [active]), "a new active coreapp", 60)
    until(lambda: not missing(environment), "all verdicts as before", 60)


def rotate(environment: Environment, say: Say) -> None:
    """Changes the Secret. waweb uses the new key once it is restarted, and nothing becomes unhealthy in between."""
    say("changing the API key of acme/marketing")
    environment.plane.kubectl("patch", "secret", "-n", "acme", "marketing-api-key", "-p", ROTATED)
    until(lambda: "RestartRequired" in conditions(environment), "RestartRequired", 60)
    say("RestartRequired: waweb still runs the previous key; the operator restarts its web workload")
    until(lambda: "RestartRequired" not in conditions(environment), "the new key in use", 60)
    unhealthy = [
        event for event in environment.events("acme") if event["reason"] in {"APIKeyRejected", "GatewayDisconnected"}
    ]
    if conditions(environment)["Ready"] != "True" or unhealthy:
        raise NeverCame("a change of the key without a false alarm")


def conditions(environment: Environment) -> dict[str, str]:
    found = environment.client("acme", "marketing")["status"]["conditions"]
    return {condition["type"]: condition["status"] for condition in found}


def connected(environment: Environment) -> list[str]:
    found: list[str] = environment.client("acme", "support")["status"].get("connectedCoreapps", [])
    return found


def show(environment: Environment, title: str) -> None:
    """The table exactly as kubectl prints it, and the last events."""
    table = environment.plane.kubectl("get", "whatsappclients", "-A")
    events = "\n".join(event_line(event) for event in environment.events()[-40:])
    print(f"\n{title}\n\n{table}\nEvents\n\n{events}", flush=True)
