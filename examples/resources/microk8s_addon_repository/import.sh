terraform import microk8s_addon_repository.community 10.0.0.11/community
