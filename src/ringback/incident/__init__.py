"""From checks to incidents: detectors, the state of each endpoint, and what belongs together.

Pure: time comes in with the checks, and the same checks give the same incidents.
"""
