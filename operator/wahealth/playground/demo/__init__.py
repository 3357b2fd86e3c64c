"""`wahealth demo`: what a newcomer sees first."""
