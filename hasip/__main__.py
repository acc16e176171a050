"""`python -m hasip` is `hasip`."""
from hasip.cli import main

if __name__ == "__main__":
    main()
