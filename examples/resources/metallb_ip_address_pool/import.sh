# <cluster>/<name>, or <cluster>/<namespace>/<name> where MetalLB runs in another namespace than metallb-system.
terraform import metallb_ip_address_pool.default 10.0.0.11/default-pool
