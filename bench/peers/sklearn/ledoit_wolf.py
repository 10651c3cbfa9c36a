"""Fits scikit-learn's LedoitWolf to a float64 array, once for each line of input, and answers with the seconds that it took.

ledoit_wolf.py ARRAY.npy
"""

import sys
import time

import numpy as np
import sklearn
from sklearn.covariance import LedoitWolf

rows = np.load(sys.argv[1])
print(f"scikit-learn {sklearn.__version__}", flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    fitted = LedoitWolf().fit(rows)
    print(f"{time.perf_counter() - start} {fitted.shrinkage_}", flush=True)
