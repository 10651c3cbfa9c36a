"""Fits scikit-learn's LedoitWolf to a float64 array, once for each line of input, and answers with the seconds and processor
seconds that it took, and the shrinkage that it found.

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
    start, cpu = time.perf_counter(), time.process_time()
    fitted = LedoitWolf().fit(rows)
    print(time.perf_counter() - start, time.process_time() - cpu, fitted.shrinkage_, flush=True)
