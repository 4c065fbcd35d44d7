"""pandas and scipy, in chunks, as people write it. Usage: python by_pandas.py INPUT OUTPUT CLASSES"""
import sys

import pandas as pd
from scipy.special import softmax

source, target, _ = sys.argv[1:]
with open(target, "w") as out:
    for number, chunk in enumerate(pd.read_csv(source, chunksize=100_000)):
        logits = chunk.filter(like="logit_").to_numpy()
        names = [f"p_{index}" for index in range(logits.shape[1])]
        scored = pd.DataFrame(softmax(logits, axis=1), columns=names)
        scored.insert(0, "id", chunk["id"].to_numpy())
        scored["label"] = logits.argmax(axis=1)
        scored.to_csv(out, index=False, header=number == 0)
