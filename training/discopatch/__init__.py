"""DisCoPatch: a discriminator that judges a picture by the statistics of its patches (Caetano et al., ICCV 2025, arXiv 2501.08005)."""
