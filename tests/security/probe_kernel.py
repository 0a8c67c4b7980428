"""A kernel that runs any Python: what is left when the grammar is gone. Bound into a sandbox by a test only."""

import contextlib
import io
import sys

from blotter_guard import kernel


def carry_out(self, code, user_expressions, silent):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            exec(code, {"kernel": self})
        except BaseException as error:  # noqa: BLE001  whatever the code does is the answer
            printed.write(f"{type(error).__name__} {getattr(error, 'errno', '')}")
    self.send_response(self.iopub_socket, "stream", {"name": "stdout", "text": printed.getvalue()})


kernel.GuardedKernel._carry_out = carry_out

if __name__ == "__main__":
    sys.exit(kernel.main())
