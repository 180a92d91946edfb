# <cluster>/<name>, or <cluster>/<namespace>/<name> where MetalLB runs in another namespace than metallb-system.
terraform import metallb_l2_advertisement.local 10.0.0.11/local
