# <cluster>/<name>, or <name> where the provider has a `kubernetes` block.
terraform import calico_ip_reservation.machines 10.0.0.11/machines
