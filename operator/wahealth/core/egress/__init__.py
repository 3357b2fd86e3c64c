"""Where a probe may go, and by which way: origins, hosts, networks, proxies."""
