# The router's name and the destination; the latter alone where there is only one router.
terraform import vyos_static_route.pool edge/2001:db8:f000:2::/64
