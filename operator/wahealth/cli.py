"""The program `wahealth` and its commands. Each command imports what it needs only when it is called.

Exit codes: 0 healthy or done, 1 not healthy, 2 unknown, 64 wrong usage, 69 something needed is missing, 70 internal
error, 74 standard output cannot be written, 130 interrupted, 141 the reader of standard output has gone.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from wahealth import completion, streams

USAGE, BUG = 64, 70


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one sentence, with exit code 64."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.allow_abbrev = False  # --password SECRET would count as --password-file, and an error would show SECRET
        self.register("type", int, _whole_number)

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}. See: {self.prog} --help", file=sys.stderr)
        sys.exit(USAGE)


def _whole_number(written: str) -> int:
    try:
        return int(written)
    except ValueError:
        raise argparse.ArgumentTypeError("must be a whole number") from None


class Version(argparse.Action):
    """Prints the version, which is looked up only for this."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        print(f"{parser.prog} {version('wahealth-operator')}")
        parser.exit()


def _operator(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    from wahealth.kube.settings import OperatorSettings, add_flags, settings_from

    add_flags(parser, OperatorSettings)

    def start(arguments: argparse.Namespace) -> int:
        from wahealth.kube.run import run

        return run(settings_from(arguments, OperatorSettings, parser.error))

    return start


def _sidecar(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    from wahealth.sidecar.flags import add_arguments
    from wahealth.sidecar.run import run
    from wahealth.sidecar.settings import settings_of

    add_arguments(parser)
    return lambda arguments: run(settings_of(arguments, os.environ, parser.error))


def _check(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    from wahealth.check.flags import add_arguments
    from wahealth.check.run import run

    add_arguments(parser)
    return run


def _simulate(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    from wahealth.simulate import run as simulate

    simulate.add_arguments(parser)
    return simulate.run


def _wa(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    from wahealth.wa import run as wa

    wa.add_arguments(parser)
    return wa.run


def _demo(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    from wahealth.playground.demo import run as demo

    demo.add_arguments(parser)
    return demo.run


def _simulator(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    from wahealth.playground.simulator import run as simulator

    simulator.add_arguments(parser)
    return simulator.run


def _generate(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    from wahealth import generate

    generate.add_arguments(parser)
    return generate.run


def _completion(parser: argparse.ArgumentParser) -> Callable[[argparse.Namespace], int]:
    parser.add_argument("shell", choices=completion.SHELLS)

    def run(arguments: argparse.Namespace) -> int:
        print(completion.script(arguments.shell), end="")
        if sys.stdout.isatty():
            print(completion.HOW[arguments.shell], file=sys.stderr)
        return 0

    return run


COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], Callable[[argparse.Namespace], int]]]] = {
    "operator": ("run the operator", _operator),
    "sidecar": ("run the probe sidecar: liveness and readiness of one pod", _sidecar),
    "check": ("probe once from here, with the full verdict", _check),
    "wa": ("look at clients of a cluster: the same as kubectl wa", _wa),
    "simulate": ("replay answers offline: what the operator would write", _simulate),
    "demo": ("run the playground: a real control plane, simulated clients, the operator, a live table", _demo),
    "simulator": ("run the simulated client, or the Cloud API, alone", _simulator),
    "completion": ("print what completes these words in a shell", _completion),
    "generate": ("write the files that are generated from the models: CRD, rights, pages, schema", _generate),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code; `argv` None means the process's own arguments."""
    return _ended("wahealth", _commands, argv)


def kubectl_wa(argv: Sequence[str] | None = None) -> int:
    """The program `kubectl-wa`, which kubectl runs for `kubectl wa`: `wahealth wa` under another name."""
    given = list(sys.argv[1:] if argv is None else argv)
    return kubectl_complete_wa(given[1:]) if given[:1] == ["__complete"] else _ended("kubectl wa", _plugin, given)


def kubectl_complete_wa(argv: Sequence[str] | None = None) -> int:
    """The program `kubectl_complete-wa`, which kubectl runs to complete the words behind `kubectl wa`."""
    from wahealth.wa import completion as kubectl

    given = list(sys.argv[1:] if argv is None else argv)
    with contextlib.suppress(streams.Unwritten), streams.watched():
        kubectl.run(_whole(_plugin(Parser(prog="kubectl wa"), given)), given)
    return 0


Parsed = Callable[[Parser, list[str]], Parser]


def _ended(program: str, set_up: Parsed, argv: Sequence[str] | None) -> int:
    try:
        with streams.watched():
            return _run(program, set_up, list(sys.argv[1:] if argv is None else argv))
    except streams.Unwritten as error:
        if sentence := str(error):
            with contextlib.suppress(OSError):
                print(f"{program}: {sentence}.", file=sys.stderr)
        return error.code


def _run(program: str, set_up: Parsed, given: list[str]) -> int:
    try:
        arguments = _parsed(program, set_up, given)
        return int(arguments.run(arguments))
    except KeyboardInterrupt:
        return 130
    except streams.Unwritten:
        raise
    except Exception as error:
        if "--debug" in given[:1]:
            raise
        # Without its text: a library's exception may contain a secret.
        print(f"{program}: internal error ({type(error).__name__}); {program} --debug … shows where.", file=sys.stderr)
        return BUG


def _parsed(program: str, set_up: Parsed, given: list[str]) -> argparse.Namespace:
    if completion.is_asked():
        from wahealth.wa.completion import completer_of

        completion.answer(_whole(set_up(Parser(prog=program), completion.typed())), completer_of)
    parser = _whole(set_up(Parser(prog=program), given))
    arguments, unknown = parser.parse_known_args(given)
    if unknown:
        parser.error(f"unrecognized arguments: {_names(unknown)}")
    return arguments


def _whole(parser: Parser) -> Parser:
    parser.add_argument("--debug", action="store_true", help="show the traceback of an internal error")
    parser.add_argument("--version", action=Version, nargs=0, help="show the version and exit")
    return parser


def _commands(parser: Parser, given: list[str]) -> Parser:
    """`wahealth` with all commands; only the one that is given is set up."""
    parser.description = "The health of WhatsApp Business API clients on Kubernetes."
    commands = parser.add_subparsers(metavar="COMMAND", dest="command", required=True)
    for name, (text, set_up) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        if name in given[:2]:
            command.set_defaults(run=set_up(command))
    return parser


def _plugin(parser: Parser, _: list[str]) -> Parser:
    parser.set_defaults(run=_wa(parser))
    return parser


def _names(unknown: Sequence[str]) -> str:
    """The flags among what was typed, without their values, which may be secrets."""
    flags = [word.partition("=")[0] if word.startswith("--") else word[:2] for word in unknown if word.startswith("-")]
    return " ".join(flags) or "too many arguments"
