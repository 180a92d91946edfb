# The address of a control plane, the release's namespace and its name.
terraform import microk8s_helm_release.metallb 10.0.0.11/metallb-system/metallb
