"""Training and export of the networks that Driftwatch runs. Nothing here is needed at run time."""
