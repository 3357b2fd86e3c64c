"""A simulated Cloud API: phone numbers as graph.facebook.com and 360dialog show their health.

Built from the vendor's published documentation; nothing was tried on the real one. All ids and texts are invented.
"""
