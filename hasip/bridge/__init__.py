"""Between the planes: the only importer of the fastpath in the control plane."""
