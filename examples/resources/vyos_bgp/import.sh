# The router's name: a key of the provider's `routers`.
terraform import vyos_bgp.edge edge
