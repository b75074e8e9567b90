"""Whether the web process in this container can do its work:  python healthy.py PORT  exits with 0 if so."""

import http.client
import os
import sys


def main(port: int) -> int:
    # Asked under the public name: Django refuses any other, this machine's address too.
    host = os.environ["ALLOWED_HOSTS"].split(",")[0]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", "/readyz", headers={"Host": host})
        return 0 if connection.getresponse().status == 200 else 1
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
