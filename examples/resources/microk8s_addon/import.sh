# The address of a control plane and the name of the add-on. From another repository than core:
# 10.0.0.11/community/argocd
terraform import microk8s_addon.dns 10.0.0.11/dns
