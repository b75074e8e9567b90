"""Training of the models; needs scikit-learn, which the program itself does not."""
