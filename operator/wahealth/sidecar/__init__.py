"""The probe sidecar: asks in the background, and tells kubelet of one pod what it remembers."""
