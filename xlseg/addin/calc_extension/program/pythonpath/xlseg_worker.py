"""The worker that computes for LibreOffice: started when it is first needed, in the Python that xlseg is installed in.

They talk through the worker's own input and output, which nobody else can open. It ends when LibreOffice ends, for then its input ends.
"""

import contextlib
import json
import os
import subprocess
import threading

from xlseg_wire import receive, send

_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_OURS = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""Variables that LibreOffice sets for its own Python, which would confuse another."""


class WorkerError(Exception):
    """The worker cannot be started, or has gone."""


class Worker:
    """One process, started at the first request and again after it has been killed."""

    def __init__(self):
        self._process = None
        self._turn = threading.RLock()  # a request may come while another waits, from the same thread: Calc recalculates as we write
        self._depth = 0

    def request(self, message, answers):
        """What the worker answers; while it computes, it may ask for what `answers` does by name."""
        with self._turn:
            try:
                return self._exchange(message, answers)
            except (OSError, EOFError, ValueError):
                self._drop()
                if self._depth:
                    raise WorkerError("the worker has stopped") from None
            try:
                return self._exchange(message, answers)
            except (OSError, EOFError, ValueError) as error:
                self._drop()
                raise WorkerError(_unreachable()) from error

    def _exchange(self, message, answers):
        process = self._running()
        self._depth += 1
        try:
            send(process.stdin, message)
            while True:
                reply = receive(process.stdout)
                if reply is None:
                    raise EOFError
                if "ask" not in reply:
                    return reply
                send(process.stdin, _told(answers, reply))
        finally:
            self._depth -= 1

    def _running(self):
        if self._process is None or self._process.poll() is not None:
            settings = recorded()
            environment = {name: value for name, value in os.environ.items() if name not in _OURS}
            environment["PYTHONPATH"] = settings["home"]
            environment.setdefault("OPENBLAS_NUM_THREADS", "1")  # as on the command line: more threads would only wait for each other
            self._process = subprocess.Popen(
                [settings["python"], "-m", "xlseg.addin.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        return self._process

    def _drop(self):
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    stream.close()


def recorded():
    """Which Python computes, as it was written down when the extension was installed."""
    with open(os.path.join(_HERE, "worker.json"), encoding="utf-8") as file:
        return json.load(file)


def _told(answers, asked):
    try:
        return {"told": answers[asked["ask"]](*asked["with"])}
    except Exception as error:  # whatever LibreOffice refuses: the worker says it in its own words
        return {"failed": "%s: %s" % (type(error).__name__, getattr(error, "Message", "") or error)}


def _unreachable():
    return (
        "LibreOffice: the Python that xlseg was installed with does not answer (%s). To go on, install xlseg again and run `xlseg install-calc`."
        % recorded()["python"]
    )
