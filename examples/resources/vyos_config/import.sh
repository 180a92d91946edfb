# The router's name and the path; the latter alone where there is only one router.
terraform import vyos_config.ntp "edge/service ntp"
