"""The things a district is made of: frozen, checked where they are born, trusted afterwards."""
