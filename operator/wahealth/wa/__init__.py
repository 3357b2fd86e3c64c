"""`kubectl wa`: what whoever is on call looks at, read with that person's own rights, with a next step.

It starts as quickly as kubectl does, so it imports neither the models (pydantic) nor anything of the operator: it reads
documents as the API server returns them, of any version, and believes nothing of them.
"""
