"""ValidatingAdmissionPolicies of ours, as Kubernetes objects."""
