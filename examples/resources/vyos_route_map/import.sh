# The router's name and the route-map's name; the latter alone where there is only one router.
terraform import vyos_route_map.from_nodes edge/FROM-NODES
