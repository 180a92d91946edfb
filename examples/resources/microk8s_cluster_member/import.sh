# The address of a control plane of the cluster, and that of the machine.
terraform import 'microk8s_cluster_member.this["cp2"]' 10.0.0.11/10.0.0.12
