"""The probe sidecar: probes in the background and answers kubelet's probes of one pod from memory."""
