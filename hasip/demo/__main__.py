"""`python -m hasip.demo`."""
import asyncio

from hasip.demo.story import tell

if __name__ == "__main__":
    raise SystemExit(asyncio.run(tell()))
