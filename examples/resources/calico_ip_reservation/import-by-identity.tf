import {
  to = calico_ip_reservation.machines
  identity = {
    cluster = "10.0.0.11"
    name    = "machines"
  }
}
