# The address of a control plane.
terraform import microk8s_cluster_ipv6.this 10.0.0.11
