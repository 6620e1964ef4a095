"""A desk without a browser: the same API, session and page token."""

from typing import Any

import requests

from tests.e2e.system import System


class Client:
    """One signed-in account."""

    def __init__(self, system: System, account: str):
        self.address = f"{system.settings.base_url}/api/v1"
        self.http = requests.Session()
        answer = self.send("POST", "/session", account=account, password="demo-12315")
        answer.raise_for_status()
        self.http.headers["X-CSRF-Token"] = answer.json()["csrf"]

    def send(self, method: str, path: str, **body: Any) -> requests.Response:
        return self.http.request(method, self.address + path, json=body or None, timeout=20)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.http.get(self.address + path, params=query, timeout=20)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        answer = self.http.post(self.address + path, json=body, timeout=20)
        if not answer.ok:
            raise AssertionError(f"POST {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None
