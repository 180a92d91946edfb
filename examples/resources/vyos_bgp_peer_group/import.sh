# The router's name and the group's name; the latter alone where there is only one router.
terraform import vyos_bgp_peer_group.nodes edge/NODES
