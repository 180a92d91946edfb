# The router's name and the neighbor's address; the address alone where there is only one router.
terraform import 'vyos_bgp_neighbor.node["cp1"]' edge/10.0.0.11
