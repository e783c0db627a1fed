"""A repair desk at the terminal: whoever sits there sees the cases that wait for them, and what they may do."""

import sys
import threading
from collections.abc import Iterable
from pathlib import Path

import svcflow

PROCESS = Path(__file__).with_name("repair.yaml")


def main(name: str = "li", *roles: str) -> None:
    """Open the desk for one person until they leave, with a worker beside it."""
    me = svcflow.Actor(name, roles=roles or {"agent", "engineer"})
    stop = threading.Event()
    with svcflow.Engine("sqlite:///desk.db") as engine:
        engine.publish(PROCESS)
        engine.hook("notify", private=["phone"])(notify)
        worker = threading.Thread(target=svcflow.Worker(engine).run, args=(stop,))
        worker.start()
        try:
            attend(engine, me)
        except (EOFError, KeyboardInterrupt):
            print()
        finally:
            stop.set()
            worker.join()


def notify(call: svcflow.HookCall) -> None:
    """Here a text message would be sent. The worker calls this after the commit, again if it fails."""
    for to in call.to:
        number = f" on {call.fields['phone']}" if to.name == call.fields["customer"] else ""
        print(f"[tell {to.name}{number}: {call.message or call.cause}]")


def attend(engine: svcflow.Engine, me: svcflow.Actor) -> None:
    """Show what waits for me, take what I choose, and tell why where it is not possible."""
    while True:
        waiting = {str(number): case for number, case in enumerate(engine.worklist(me), 1)}
        for number, case in waiting.items():
            print(f"{number:>3}  {case.state:<10} {case.fields['customer']}: {case.fields['fault']}")
        chosen = waiting.get(answer := input("a number, or `new`: "))
        try:
            if answer == "new":
                engine.open("repair", fill_in(engine.process("repair").opening.ask), actor=me)
            elif chosen is not None:
                offers = {one.event: one for one in engine.menu(chosen.id, actor=me) if one.refusal is None}
                event = input(f"{', '.join(offers)}: ")
                engine.send(chosen.id, event, fill_in(offers[event].ask if event in offers else ()), actor=me)
        except svcflow.Refused as refused:
            print(refused.refusal)


def fill_in(form: Iterable[str]) -> dict[str, str]:
    """Ask for each field of a form."""
    return {field: input(f"  {field}: ") for field in form}


if __name__ == "__main__":
    main(*sys.argv[1:])
