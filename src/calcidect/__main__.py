"""``python -m calcidect``."""

from calcidect.cli import main

main()
