# <cluster>/<name>, or <cluster>/<namespace>/<name> where MetalLB runs in another namespace than metallb-system.
terraform import metallb_community.well_known 10.0.0.11/well-known
