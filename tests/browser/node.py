"""A real hasip with its console, and people to sign in."""
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.scenario.agent import Agent, caller_dialog, first_to_hear, is_final_of_invite
from tests.scenario.edge import Edge, Trunk

CONSOLE_PORT = 8080
PASSWORD = "a good long password"


class ConsoleEdge(Edge):
    """A hasip of our own that serves its console."""

    def __init__(self, folder: Path, trunks: list[Trunk], **settings: Any) -> None:
        super().__init__(folder, trunks, **settings)
        self.tables["console"] = {"address": f"{self.address[0]}:{CONSOLE_PORT}"}

    @property
    def url(self) -> str:
        """Where the console is."""
        return f"http://{self.address[0]}:{CONSOLE_PORT}"

    def add_user(self, name: str, *options: str) -> None:
        """Let somebody in, as an operator does it."""
        done = subprocess.run([sys.executable, "-m", "hasip", "user", "add", name, *options, "--node", str(self.folder / "edge.toml")],
                              input=f"{PASSWORD}\n", capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, done.stderr

    def sign_in(self, page: Page, name: str, to: str = "/trunks") -> None:
        """Become somebody, by the form that everybody gets."""
        page.goto(self.url + to)
        page.get_by_label("User name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"**{to}")

    def place_call(self, caller: Agent, legs: list[Agent], trunk: str, statuses: dict[int, int], *, hangs_up: bool = True) -> list[int]:
        """Place a call; each leg answers it as `statuses` says. Returns the legs that heard it, in order."""
        invite = caller.invite(self[trunk].number)
        heard = []
        while True:
            leg, arrived = first_to_hear(legs, lambda message: message.method == "INVITE" and not message.status, invite.call_id)
            heard.append(leg)
            legs[leg].respond(arrived, statuses[leg])
            if statuses[leg] < 300 or len(heard) == len(statuses):
                break
        final = caller.wait(is_final_of_invite, call_id=invite.call_id)
        caller.ack(invite, final)
        if final.status < 300 and hangs_up:
            caller.send_in_dialog("BYE", caller_dialog(invite, final, self.address))
            legs[heard[-1]].respond(legs[heard[-1]].wait("BYE", call_id=invite.call_id), 200)
            caller.wait(200, call_id=invite.call_id)
        return heard
