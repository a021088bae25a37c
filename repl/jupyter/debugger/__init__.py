"""JupyterLab's debugger: cells under lldb, by the Debug Adapter Protocol.

Start reading at ``cell_debugger``.
"""
