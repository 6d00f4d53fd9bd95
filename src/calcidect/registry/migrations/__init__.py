"""Steps from one version of the database to the next, run by ``calcidect registry upgrade``."""
